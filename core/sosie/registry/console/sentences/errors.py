"""Refusals a person meets in the console, by their code; what is not here is said in the core's words (`sosie.words`)."""

from __future__ import annotations

from typing import Final

TABLE: Final[dict[str, tuple[str, str, str]]] = {
    "error_operation_not_licensed": (
        "The talent does not allow this change of her likeness.",
        "Le mannequin ne permet pas cette modification de son image.",
        "La modelo no permite este cambio de su imagen.",
    ),
    "error_media_not_licensed": (
        "The talent does not allow one of these media.",
        "Le mannequin ne permet pas l’un de ces supports.",
        "La modelo no permite uno de estos medios.",
    ),
    "error_territory_not_licensed": (
        "The talent does not allow one of these territories.",
        "Le mannequin ne permet pas l’un de ces territoires.",
        "La modelo no permite uno de estos territorios.",
    ),
    "error_term_not_consented": (
        "The licence would last longer than the talent allows.",
        "La licence durerait plus longtemps que le mannequin ne le permet.",
        "La licencia duraría más de lo que permite la modelo.",
    ),
    "error_exclusivity_conflict": (
        "A brand has these products for itself, in this territory and time.",
        "Une marque a l’exclusivité de ces produits, sur ce territoire et cette période.",
        "Una marca tiene la exclusiva de estos productos en este territorio y periodo.",
    ),
    "error_nothing_to_revoke": (
        "Nothing of yours is in force any more; nothing is left to revoke.",
        "Plus rien de vous n’est en vigueur ; il ne reste rien à révoquer.",
        "Ya nada suyo está en vigor; no queda nada que revocar.",
    ),
    "error_consent_revoked": (
        "The talent has revoked her consent.",
        "Le mannequin a révoqué son accord.",
        "La modelo ha revocado su consentimiento.",
    ),
    "error_consent_prohibits": (
        "This person does not allow her likeness to be used at all.",
        "Cette personne ne permet aucun usage de son image.",
        "Esta persona no permite ningún uso de su imagen.",
    ),
    "error_licence_state": (
        "The licence has moved on; look where it stands now.",
        "La licence a avancé ; voyez où elle en est.",
        "La licencia ha avanzado; mire en qué estado está.",
    ),
    "error_licence_unknown": (
        "There is no such licence for you.",
        "Il n’y a pas de telle licence pour vous.",
        "No hay tal licencia para usted.",
    ),
    "error_twin_unproven": (
        "It is not proved yet that this twin shows its talent.",
        "Il n’est pas encore prouvé que ce double montre ce mannequin.",
        "Aún no está probado que este doble muestre a la modelo.",
    ),
    "error_page_unknown": ("There is no such page.", "Cette page n’existe pas.", "Esta página no existe."),
    "error_role_refused": (
        "This page is for another role.",
        "Cette page est pour un autre rôle.",
        "Esta página es para otra función.",
    ),
    "error_session_over": (
        "You are signed out. Sign in again.",
        "Vous êtes déconnectée. Reconnectez-vous.",
        "Ha salido. Entre de nuevo.",
    ),
    "error_credit_refused": (
        "This brand has no credit.",
        "Cette marque n’a pas de crédit.",
        "Esta marca no tiene crédito.",
    ),
    "error_commission_too_high": (
        "The agency would take more than the law allows.",
        "L’agence prendrait plus que la loi ne permet.",
        "La agencia se llevaría más de lo que permite la ley.",
    ),
    "error_payout_empty": (
        "Nothing can be paid out now: record payments first, and ask for bank accounts.",
        "Rien à verser : enregistrez d’abord les paiements et demandez les comptes bancaires.",
        "Nada que pagar: registre primero los pagos y pida las cuentas bancarias.",
    ),
    "error_account_missing": (
        "Tell the account that payouts come from first.",
        "Indiquez d’abord le compte d’où partent les versements.",
        "Indique primero la cuenta de la que salen los pagos.",
    ),
    "error_reason_missing": (
        "A no needs a reason.",
        "Un refus a besoin d’une raison.",
        "Un no necesita un motivo.",
    ),
    "error_rules_nowhere": (
        "Choose where: the whole world, or some countries.",
        "Choisissez où : le monde entier, ou des pays.",
        "Elija dónde: todo el mundo, o algunos países.",
    ),
    "error_form_incomplete": (
        "A field is empty, or what stands in it is not of its kind. Look at each once more.",
        "Un champ est vide, ou son contenu ne convient pas. Revoyez chacun d’eux.",
        "Un campo está vacío, o su contenido no es válido. Revise cada uno.",
    ),
    "error_form_number": (
        "A number is written with digits only.",
        "Un nombre s’écrit en chiffres seuls.",
        "Un número se escribe solo con cifras.",
    ),
    "error_form_money": (
        "A sum of money is written as 1250.50.",
        "Un montant s’écrit 1250,50.",
        "Un importe se escribe 1250,50.",
    ),
    "error_form_date": (
        "A date is written as 2026-11-28.",
        "Une date s’écrit 2026-11-28.",
        "Una fecha se escribe 2026-11-28.",
    ),
    "error_document_invalid": (
        "Something is missing: products, at least 80 characters on the use, a medium, a place, and an end after the beginning.",
        "Il manque quelque chose : produits, au moins 80 caractères sur l’usage, un support, un lieu, et une fin après le début.",
        "Falta algo: productos, al menos 80 caracteres sobre el uso, un medio, un lugar y un final posterior al inicio.",
    ),
    "error_suspended_by_other": (
        "The other side holds the licence suspended; only that side can let it go on.",
        "L’autre partie tient la licence suspendue ; elle seule peut la laisser reprendre.",
        "La otra parte mantiene suspendida la licencia; solo ella puede dejarla seguir.",
    ),
    "error_suspension_not_agreed": (
        "The terms do not let you suspend this licence.",
        "Les conditions ne vous permettent pas de suspendre cette licence.",
        "Las condiciones no le permiten suspender esta licencia.",
    ),
    "error_agency_missing": (
        "No agency represents you.",
        "Aucune agence ne vous représente.",
        "Ninguna agencia le representa.",
    ),
    "error_consent_exists": (
        "Rules of this name are signed already, and say something else.",
        "Des règles de ce nom sont déjà signées, et disent autre chose.",
        "Ya hay reglas firmadas con este nombre, y dicen otra cosa.",
    ),
    "error_talent_other": (
        "This is somebody else’s.",
        "Ceci est à quelqu’un d’autre.",
        "Esto es de otra persona.",
    ),
    "error_form_unreadable": (
        "This form is not complete. Use one of its buttons.",
        "Ce formulaire n’est pas complet. Utilisez l’un de ses boutons.",
        "Este formulario no está completo. Use uno de sus botones.",
    ),
    "error_challenge_expired": (
        "The fifteen minutes are over. Begin again, with a new code.",
        "Les quinze minutes sont passées. Recommencez, avec un nouveau code.",
        "Han pasado los quince minutos. Empiece de nuevo, con otro código.",
    ),
    "error_challenge_state": (
        "This proof is decided already, or with a person.",
        "Cette preuve est déjà jugée, ou entre les mains d’une personne.",
        "Esta prueba ya está decidida, o la mira una persona.",
    ),
    "error_proof_unavailable": (
        "This registry looks at no faces: it asks for no proof.",
        "Ce registre ne regarde aucun visage : il ne demande pas de preuve.",
        "Este registro no mira rostros: no pide ninguna prueba.",
    ),
    "error_proof_unasked": (
        "This twin is no living person’s: there is nothing to prove.",
        "Ce double n’est celui d’aucune personne vivante : il n’y a rien à prouver.",
        "Este doble no es de ninguna persona viva: no hay nada que probar.",
    ),
    "error_file_missing": (
        "Choose the file to check.",
        "Choisissez le fichier à vérifier.",
        "Elija el archivo que comprobar.",
    ),
}
