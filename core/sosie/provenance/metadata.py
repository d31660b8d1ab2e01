"""XMP for a delivered file: what search engines, agencies and picture desks read without C2PA.

Fields (IPTC Photo Metadata 2025.1, PLUS LDF 2.0.1): how the picture was made, that it may not train models, that a
limited model release exists and its number, and how it may be used. Ids only, no personal name.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from sosie.provenance.c2pa import COMPOSITE, DeliveryClaim

_PLUS = "http://ns.useplus.org/ldf/vocab"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"
    xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">
   <Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
   <plus:DataMining>{plus}/DMI-PROHIBITED-GENAIMLTRAINING</plus:DataMining>
   <plus:ModelReleaseStatus>{plus}/MR-LMR</plus:ModelReleaseStatus>
   <plus:ModelReleaseID><rdf:Bag><rdf:li>{licence}</rdf:li></rdf:Bag></plus:ModelReleaseID>
   <xmpRights:Marked>True</xmpRights:Marked>
   <xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">{terms}</rdf:li></rdf:Alt></xmpRights:UsageTerms>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def xmp(claim: DeliveryClaim) -> bytes:
    """The XMP packet, UTF-8."""
    terms = (
        f"Licensed digital likeness, modified with AI. Licence {claim.licence}, receipt {claim.receipt},"
        f" registry {claim.registry}. No other use."
    )
    return _PACKET.format(
        source=COMPOSITE, plus=_PLUS, licence=escape(claim.licence), terms=escape(terms)
    ).encode()
