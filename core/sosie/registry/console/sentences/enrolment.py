"""What a talent reads when she proves that it is she in the captures."""

from __future__ import annotations

from typing import Final

TABLE: Final[dict[str, tuple[str, str, str]]] = {
    "enrolment": ("Proof that it is me", "La preuve que c’est moi", "La prueba de que soy yo"),
    "enrolment_lead": (
        "Before anybody can license a twin, a person checks that you are the one in its photographs.",
        "Avant que quiconque puisse licencier un double, une personne vérifie que c’est vous sur ses photos.",
        "Antes de que nadie pueda licenciar un doble, una persona comprueba que es usted quien sale en sus fotos.",
    ),
    "enrolment_twin": ("Twin, revision {n}", "Double, révision {n}", "Doble, revisión {n}"),
    "enrolment_done": ("proved", "prouvé", "probado"),
    "enrolment_waits": ("not proved yet", "pas encore prouvé", "aún sin probar"),
    "enrolment_code": (
        "Write this code on paper, large, and hold it up:",
        "Écrivez ce code en grand sur une feuille, et tenez-la devant vous :",
        "Escriba este código en grande en un papel y sosténgalo:",
    ),
    "do_pose_turn_left": (
        "Turn your head to your left, about a third of the way.",
        "Tournez la tête vers votre gauche, d’un tiers environ.",
        "Gire la cabeza hacia su izquierda, más o menos un tercio.",
    ),
    "do_pose_turn_right": (
        "Turn your head to your right, about a third of the way.",
        "Tournez la tête vers votre droite, d’un tiers environ.",
        "Gire la cabeza hacia su derecha, más o menos un tercio.",
    ),
    "do_pose_look_up": (
        "Raise your head and look up a little.",
        "Levez la tête et regardez un peu vers le haut.",
        "Levante la cabeza y mire un poco hacia arriba.",
    ),
    "enrolment_shot": (
        "Take a photograph, alone and in good light, within fifteen minutes.",
        "Prenez une photo, seule et bien éclairée, dans les quinze minutes.",
        "Haga una foto, sin nadie más y con buena luz, en menos de quince minutos.",
    ),
    "enrolment_picture": ("The photograph", "La photo", "La foto"),
    "enrolment_kept": (
        "It is kept until a person has looked at it, and no longer.",
        "Elle est conservée jusqu’à ce qu’une personne l’ait regardée, pas plus longtemps.",
        "Se guarda hasta que una persona la haya mirado, y no más.",
    ),
    "enrolment_send": ("Hand it in", "L’envoyer", "Enviarla"),
    "enrolment_review": (
        "Your photograph is there. A person looks at it now.",
        "Votre photo est arrivée. Une personne la regarde maintenant.",
        "Su foto ha llegado. Ahora la mira una persona.",
    ),
    "enrolment_begin": ("Begin the proof", "Commencer la preuve", "Empezar la prueba"),
    "enrolment_again": ("Begin again", "Recommencer", "Empezar de nuevo"),
    "enrolment_none": (
        "You have no twin yet.",
        "Vous n’avez pas encore de double.",
        "Aún no tiene ningún doble.",
    ),
    "enrolment_note": (
        "A twin of yours cannot be licensed before you have proved that it is you.",
        "Un de vos doubles ne peut être licencié avant que vous n’ayez prouvé que c’est vous.",
        "Uno de sus dobles no puede licenciarse antes de que usted pruebe que es usted.",
    ),
}
