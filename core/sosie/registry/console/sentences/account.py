"""How one signs in: passkeys, the password, what was written down."""

from __future__ import annotations

from typing import Final

TABLE: Final[dict[str, tuple[str, str, str]]] = {
    "account": ("How I sign in", "Ma connexion", "Cómo entro"),
    "passkeys": ("Passkeys", "Clés d’accès", "Llaves de acceso"),
    "passkeys_text": (
        "A passkey lives in your phone, computer or security key, and opens with your finger, face or PIN. It cannot be guessed, and works on no other site.",
        "Une clé d’accès se trouve dans votre téléphone, votre ordinateur ou une clé de sécurité, et s’ouvre avec votre doigt, votre visage ou un code. On ne peut pas la deviner, et elle ne marche sur aucun autre site.",
        "Una llave de acceso está en su teléfono, ordenador o llave de seguridad, y se abre con el dedo, la cara o un PIN. No se puede adivinar, y no sirve en ningún otro sitio.",
    ),
    "passkeys_script": (
        "Passkeys need JavaScript, for this one step only.",
        "Les clés d’accès ont besoin de JavaScript, pour cette seule étape.",
        "Las llaves de acceso necesitan JavaScript, solo para este paso.",
    ),
    "passkey_enter": (
        "Sign in with a passkey",
        "Se connecter avec une clé d’accès",
        "Entrar con una llave de acceso",
    ),
    "passkey_name": ("Name of this device", "Nom de cet appareil", "Nombre de este dispositivo"),
    "passkey_add": ("Add a passkey", "Ajouter une clé d’accès", "Añadir una llave de acceso"),
    "passkey_added": ("Added", "Ajoutée", "Añadida"),
    "passkey_used": ("Last used", "Dernier usage", "Último uso"),
    "passkey_never": ("never", "jamais", "nunca"),
    "passkey_remove": ("Remove", "Supprimer", "Quitar"),
    "passkey_failed": (
        "The passkey was not used. Try again, or use your password.",
        "La clé d’accès n’a pas servi. Réessayez, ou utilisez votre mot de passe.",
        "No se usó la llave de acceso. Inténtelo de nuevo o use su contraseña.",
    ),
    "password_change": ("Change the password", "Changer le mot de passe", "Cambiar la contraseña"),
    "password_old": ("Password until now", "Mot de passe actuel", "Contraseña actual"),
    "password_new": ("New password", "Nouveau mot de passe", "Contraseña nueva"),
    "password_others": (
        "Everywhere else you will be signed out.",
        "Partout ailleurs, vous serez déconnectée.",
        "En los demás equipos se cerrará la sesión.",
    ),
    "password_set": ("Change it", "Le changer", "Cambiarla"),
    "visit_passkey": ("Signed in with a passkey", "Connexion par clé d’accès", "Entrada con llave de acceso"),
    "visit_passkey_refused": ("Passkey refused", "Clé d’accès refusée", "Llave de acceso rechazada"),
    "visit_added": ("Passkey added", "Clé d’accès ajoutée", "Llave de acceso añadida"),
    "visit_removed": ("Passkey removed", "Clé d’accès supprimée", "Llave de acceso quitada"),
    "visit_changed": ("Password changed", "Mot de passe changé", "Contraseña cambiada"),
    "error_passkey_refused": (
        "This passkey is not accepted here. Use your password.",
        "Cette clé d’accès n’est pas acceptée ici. Utilisez votre mot de passe.",
        "Esta llave de acceso no se acepta aquí. Use su contraseña.",
    ),
    "error_passkeys_many": (
        "There are 20 passkeys already. Remove those that you do not use.",
        "Il y a déjà 20 clés d’accès. Supprimez celles qui ne servent plus.",
        "Ya hay 20 llaves de acceso. Quite las que no usa.",
    ),
    "error_passkeys_impossible": (
        "Browsers allow passkeys only where the console is opened by its name and over HTTPS.",
        "Les navigateurs n’acceptent les clés d’accès que si la console est ouverte par son nom et en HTTPS.",
        "Los navegadores solo permiten llaves de acceso si la consola se abre por su nombre y con HTTPS.",
    ),
}
