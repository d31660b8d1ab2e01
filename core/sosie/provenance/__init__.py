"""What a delivered file says about itself, and how anybody checks it.

    certificates   the chain that signs: root -> intermediate -> claim leaf and timestamp leaf
    c2pa           Content Credentials: signed into the file, read back with a state in plain words
    timestamp      RFC 3161 answers, so that a file outlives the certificate that signed it
    label          the visible "AI MODIFIED" label
    metadata       XMP with the IPTC fields that search engines and agencies read
    prepare        a picture handed in -> the labelled file that is signed; depth and profile kept
    seams          the bytes C2PA leaves open, held to their only value
    verify         one verdict from the file's own credentials and the registry's receipt

Nothing here touches the network: a timestamp address, where one is given, is called by the C2PA library.
"""
