"""What the console says, each sentence in English, French and Spanish, side by side, so that none is forgotten.

Here are the door and what every role reads; the rest lies in `sentences`, one table a subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sosie.registry.console.sentences import account, enrolment, errors, house, talent, trade, vocabulary

LANGUAGES: Final = ("en", "fr", "es")

_TABLE: Final[dict[str, tuple[str, str, str]]] = {
    "sign_in": ("Sign in", "Se connecter", "Entrar"),
    "sign_out": ("Sign out", "Se déconnecter", "Salir"),
    "skip": ("Skip to content", "Aller au contenu", "Ir al contenido"),
    "language": ("Language", "Langue", "Idioma"),
    "handle": ("Name or e-mail", "Nom ou e-mail", "Nombre o correo"),
    "password": ("Password", "Mot de passe", "Contraseña"),
    "invited": ("I have an invitation", "J’ai une invitation", "Tengo una invitación"),
    "welcome": ("Welcome", "Bienvenue", "Te damos la bienvenida"),
    "welcome_text": (
        "Your invitation works once. Choose how you will sign in from now on.",
        "Votre invitation sert une seule fois. Choisissez comment vous vous connecterez désormais.",
        "Su invitación sirve una sola vez. Elija cómo entrará a partir de ahora.",
    ),
    "code": ("Invitation code", "Code d’invitation", "Código de invitación"),
    "password_hint": (
        "At least 12 characters; a few words are best. If you are a talent, it also locks your signing key: nobody can recover it for you.",
        "Au moins 12 caractères ; quelques mots, c'est le mieux. Si vous êtes mannequin, il verrouille aussi votre clé de signature : personne ne peut la retrouver pour vous.",
        "Al menos 12 caracteres; lo mejor son unas palabras. Si es modelo, también cierra su clave de firma: nadie puede recuperarla por usted.",
    ),
    "part_of": ("Page {n} of {all}", "Page {n} sur {all}", "Página {n} de {all}"),
    "part_before": ("Previous page", "Page précédente", "Página anterior"),
    "part_after": ("Next page", "Page suivante", "Página siguiente"),
    "begin": ("Begin", "Commencer", "Empezar"),
    "verify": ("Verify a file", "Vérifier un fichier", "Comprobar un archivo"),
    "hello": ("Hello, {name}", "Bonjour, {name}", "Hola, {name}"),
    "now": ("Who uses me now", "Qui m’utilise en ce moment", "Quién me usa ahora"),
    "now_none": (
        "Nobody uses your likeness now.",
        "Personne n’utilise votre image en ce moment.",
        "Nadie usa su imagen ahora.",
    ),
    "until": ("until {day}", "jusqu’au {day}", "hasta el {day}"),
    "where": ("Where", "Où", "Dónde"),
    "media": ("Media", "Supports", "Medios"),
    "for_what": ("For", "Pour", "Para"),
    "pictures": ("Pictures", "Photos", "Fotos"),
    "picture": (
        "Picture delivered under this licence",
        "Photo livrée sous cette licence",
        "Foto entregada bajo esta licencia",
    ),
    "asks": ("Waiting for you", "En attente de vous", "Esperan su respuesta"),
    "asks_none": ("Nothing waits for you.", "Rien ne vous attend.", "Nada espera su respuesta."),
    "pay": ("Pays", "Paie", "Paga"),
    "read_decide": ("Read and decide", "Lire et décider", "Leer y decidir"),
    "earned": ("What I earned", "Ce que j’ai gagné", "Lo que he ganado"),
    "owed": ("Owed to you", "On vous doit", "Se le debe"),
    "earned_none": ("No money has moved yet.", "Aucun mouvement d’argent encore.", "Aún no hay movimientos."),
    "late": (
        "{fee} of late fees ({bill} is overdue)",
        "{fee} de pénalités ({bill} est en retard)",
        "{fee} de recargo ({bill} está vencido)",
    ),
    "rules": ("My rules", "Mes règles", "Mis reglas"),
    "rules_none": (
        "You have given no consent.",
        "Vous n’avez donné aucun accord.",
        "No ha dado ningún consentimiento.",
    ),
    "posture": ("I say", "Je dis", "Digo"),
    "never": ("Never for", "Jamais pour", "Nunca para"),
    "asked": ("I am asked", "On me demande", "Se me pregunta"),
    "offline": ("Without the registry", "Sans le registre", "Sin el registro"),
    "hours": ("at most {n} h", "au plus {n} h", "como máximo {n} h"),
    "notice": ("Notice", "Préavis", "Preaviso"),
    "revoke": ("Revoke", "Révoquer", "Revocar"),
    "revoke_title": ("Take my likeness back", "Reprendre mon image", "Retirar mi imagen"),
    "revoke_text": (
        "You can end every use at any time. Before anything happens, you see what it does.",
        "Vous pouvez mettre fin à tout usage, à tout moment. Avant que rien n’arrive, vous voyez ce que cela fait.",
        "Puede terminar todo uso en cualquier momento. Antes de que pase nada, verá qué hace.",
    ),
    "effect": ("What it does", "Ce que cela fait", "Qué hace"),
    "effect_licences": (
        "Licences that end: {n} ({brands}).",
        "Licences qui prennent fin : {n} ({brands}).",
        "Licencias que terminan: {n} ({brands}).",
    ),
    "effect_none": ("No licence is running.", "Aucune licence n’est en cours.", "No hay licencias en curso."),
    "effect_rules": (
        "All your rules end, {n} in force, and every twin made under them. From now on nobody gets a new licence.",
        "Toutes vos règles prennent fin ({n} en vigueur), et tout double fait sous elles. Dès maintenant, personne n’obtient de nouvelle licence.",
        "Terminan todas sus reglas ({n} en vigor) y todo doble hecho con ellas. Desde ahora nadie obtiene una licencia nueva.",
    ),
    "effect_offline": (
        "A machine that is offline learns of it within {n} h, when its last lease ends.",
        "Une machine hors ligne l’apprend en {n} h au plus, quand son dernier bail finit.",
        "Un equipo sin conexión lo sabe en {n} h como máximo, cuando acaba su último permiso.",
    ),
    "rules_signed": ("Rules of {day}:", "Règles du {day} :", "Reglas del {day}:"),
    "aftermath_finish_term": (
        "Pictures already delivered may be shown until their licence would have ended.",
        "Les photos déjà livrées peuvent être montrées jusqu’à la fin prévue de leur licence.",
        "Las fotos ya entregadas pueden mostrarse hasta el fin previsto de su licencia.",
    ),
    "aftermath_takedown": (
        "Pictures already delivered must be taken down within the days you agreed.",
        "Les photos déjà livrées doivent être retirées dans le délai convenu.",
        "Las fotos ya entregadas deben retirarse en el plazo acordado.",
    ),
    "aftermath_immediate": (
        "Pictures already delivered must be taken down at once.",
        "Les photos déjà livrées doivent être retirées aussitôt.",
        "Las fotos ya entregadas deben retirarse de inmediato.",
    ),
    "effect_final": (
        "It cannot be undone. You can give a new consent later.",
        "C’est irréversible. Vous pourrez donner un nouvel accord plus tard.",
        "No se puede deshacer. Más tarde puede dar un consentimiento nuevo.",
    ),
    "when": ("When", "Quand", "Cuándo"),
    "when_notice": (
        "With notice: in force in {n} hours",
        "Avec préavis : en vigueur dans {n} heures",
        "Con preaviso: en vigor en {n} horas",
    ),
    "when_safety": (
        "For my safety: in force at once",
        "Pour ma sécurité : en vigueur aussitôt",
        "Por mi seguridad: en vigor de inmediato",
    ),
    "revoke_password": (
        "Your password: it opens your key for this one signature",
        "Votre mot de passe : il ouvre votre clé pour cette seule signature",
        "Su contraseña: abre su clave para esta única firma",
    ),
    "revoke_now": ("Revoke everything", "Tout révoquer", "Revocar todo"),
    "revoked": ("Everything is revoked", "Tout est révoqué", "Todo está revocado"),
    "revoked_text": (
        "Signed with your key, written down as leaf {leaf} of the public log. In force: {when}.",
        "Signé avec votre clé, inscrit comme feuille {leaf} du journal public. En vigueur : {when}.",
        "Firmado con su clave, anotado como hoja {leaf} del registro público. En vigor: {when}.",
    ),
    "back": ("Back", "Retour", "Volver"),
    "memo": ("What {brand} asks", "Ce que demande {brand}", "Lo que pide {brand}"),
    "period": ("Period", "Période", "Periodo"),
    "limit": ("At most", "Au plus", "Como máximo"),
    "pictures_n": ("{n} pictures", "{n} photos", "{n} fotos"),
    "approve": ("Sign and approve", "Signer et approuver", "Firmar y aprobar"),
    "reason": ("Or say why not", "Ou dites pourquoi pas", "O diga por qué no"),
    "decline": ("Decline", "Refuser", "Rechazar"),
    "proof": ("Proof", "Preuve", "Prueba"),
    "leaf": ("leaf {n} of the public log", "feuille {n} du journal public", "hoja {n} del registro público"),
    "visits": ("Sign-ins", "Connexions", "Accesos"),
    "visit_first": ("Account opened", "Compte ouvert", "Cuenta abierta"),
    "visit_in": ("Signed in", "Connexion", "Entrada"),
    "visit_out": ("Signed out", "Déconnexion", "Salida"),
    "visit_refused": ("Wrong password", "Mot de passe faux", "Contraseña errónea"),
    "receipt": (
        "Receipt, or SHA-256 of the file",
        "Reçu, ou SHA-256 du fichier",
        "Recibo, o SHA-256 del archivo",
    ),
    "verify_hint": (
        "The receipt stands in the file's Content Credentials; the SHA-256 is computed from the file.",
        "Le reçu figure dans les Content Credentials du fichier\u00a0; le SHA-256 se calcule sur le fichier.",
        "El recibo figura en las Content Credentials del archivo; el SHA-256 se calcula del archivo.",
    ),
    "check": ("Check", "Vérifier", "Comprobar"),
    "state_known": (
        "Licensed and delivered here",
        "Sous licence et livré ici",
        "Con licencia y entregado aquí",
    ),
    "state_altered": (
        "The receipt is real, the file is another",
        "Le reçu est vrai, le fichier est autre",
        "El recibo es real, el archivo es otro",
    ),
    "state_revoked": (
        "Delivered here; revoked since",
        "Livré ici ; révoqué depuis",
        "Entregado aquí; revocado después",
    ),
    "state_unknown": ("Not known here", "Inconnu ici", "No se conoce aquí"),
    "delivered_on": ("Delivered", "Livré le", "Entregado"),
    "checkpoint": (
        "The log's newest checkpoint",
        "Le dernier point de contrôle du journal",
        "El último punto de control del registro",
    ),
    "error_password_wrong": (
        "Name or password is not right.",
        "Nom ou mot de passe incorrect.",
        "Nombre o contraseña incorrectos.",
    ),
    "error_password_short": (
        "The password needs at least 12 characters.",
        "Le mot de passe doit avoir au moins 12 caractères.",
        "La contraseña necesita al menos 12 caracteres.",
    ),
    "error_handle_taken": (
        "This name is taken, or too short.",
        "Ce nom est pris, ou trop court.",
        "Ese nombre está ocupado o es muy corto.",
    ),
    "error_code_refused": (
        "This invitation is unknown, used or too old. Ask for a new one.",
        "Cette invitation est inconnue, utilisée ou trop ancienne. Demandez-en une nouvelle.",
        "Esta invitación es desconocida, usada o caducada. Pida una nueva.",
    ),
    "error_form_foreign": (
        "This form is too old. Please try again.",
        "Ce formulaire est trop ancien. Veuillez réessayer.",
        "Este formulario es muy antiguo. Inténtelo de nuevo.",
    ),
    "error_too_many_tries": (
        "Too many tries. Wait ten minutes.",
        "Trop d’essais. Attendez dix minutes.",
        "Demasiados intentos. Espere diez minutos.",
    ),
    "error_key_elsewhere": (
        "Your key is not kept here: sign with `sosie` on the machine that holds it.",
        "Votre clé n’est pas ici : signez avec `sosie` sur la machine qui la détient.",
        "Su clave no está aquí: firme con `sosie` en el equipo que la guarda.",
    ),
}


_TABLES: Final = (
    _TABLE,
    account.TABLE,
    talent.TABLE,
    enrolment.TABLE,
    trade.TABLE,
    house.TABLE,
    errors.TABLE,
    vocabulary.TABLE,
)


@cache
def words_in(language: str) -> Mapping[str, str]:
    """Every sentence in one of `LANGUAGES`, the names of countries included."""
    column = LANGUAGES.index(language)
    words = {name: said[column] for table in _TABLES for name, said in table.items()}
    countries = Path(__file__).with_name("countries.tsv").read_text(encoding="utf-8")
    for line in countries.splitlines():
        code, *names = line.split("\t")
        words[f"territory_{code}"] = names[column]
    return MappingProxyType(words)
