// The panel's words. English is complete; another language may lack a line and then borrows it.

const date = (when, locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(when)
const time = (when, locale) => new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(when)

// The licence's own words, made readable: web_owned is "web owned".
const listed = (words) => words.map((word) => word.replaceAll("_", " ")).join(", ")

const en = {
  reading: "Asking the agent…",
  unreachable: "ComfyUI does not answer.",
  start: "Start the agent",
  again: "Try again",
  signedIn: "Signed in",
  signedOut: "Sign in to see the twins your brand has licensed.",
  registry: "Your brand's registry",
  signIn: "Sign in",
  compare: "Open the page, compare the code, and approve:",
  open: "Open the page",
  waiting: (until) => `Waiting for approval until ${time(until, "en")}.`,
  cancel: "Cancel",
  denied: "The sign-in was declined.",
  expired: "The code has expired.",
  askAgain: "Ask for a new one.",
  refresh: "Refresh",
  signOut: "Sign out",
  offline: "The registry does not answer. What was known last is shown.",
  none: "This seat has no twins yet. Ask your brand for a licence, then refresh.",
  until: (day, days) => `Until ${date(new Date(day), "en")}, ${days} ${days === 1 ? "day" : "days"} left`,
  left: (renders, deliveries) => `${renders} renders and ${deliveries} deliveries left`,
  where: (media, territory) => `For ${listed(media)} in ${listed(territory)}`,
  never: (categories) => `Never for ${listed(categories)}`,
}

const fr = {
  reading: "Question à l'agent…",
  unreachable: "ComfyUI ne répond pas.",
  start: "Démarrer l'agent",
  again: "Réessayer",
  signedIn: "Poste connecté",
  signedOut: "Connectez-vous pour voir les doubles sous licence de votre marque.",
  registry: "Le registre de votre marque",
  signIn: "Se connecter",
  compare: "Ouvrez la page, comparez le code, et approuvez :",
  open: "Ouvrir la page",
  waiting: (until) => `En attente d'approbation jusqu'à ${time(until, "fr")}.`,
  cancel: "Annuler",
  denied: "La connexion a été refusée.",
  expired: "Le code a expiré.",
  askAgain: "Demandez-en un nouveau.",
  refresh: "Actualiser",
  signOut: "Se déconnecter",
  offline: "Le registre ne répond pas. Voici ce qui était connu.",
  none: "Ce poste n'a pas encore de double. Demandez une licence à votre marque, puis actualisez.",
  until: (day, days) => `Jusqu'au ${date(new Date(day), "fr")}, encore ${days} ${days > 1 ? "jours" : "jour"}`,
  left: (renders, deliveries) => `Restent ${renders} rendus et ${deliveries} livraisons`,
  where: (media, territory) => `Pour ${listed(media)} : ${listed(territory)}`,
  never: (categories) => `Jamais pour ${listed(categories)}`,
}

const es = {
  reading: "Preguntando al agente…",
  unreachable: "ComfyUI no responde.",
  start: "Iniciar el agente",
  again: "Reintentar",
  signedIn: "Sesión iniciada",
  signedOut: "Inicie sesión para ver los dobles que su marca tiene bajo licencia.",
  registry: "El registro de su marca",
  signIn: "Iniciar sesión",
  compare: "Abra la página, compare el código y apruebe:",
  open: "Abrir la página",
  waiting: (until) => `Esperando aprobación hasta las ${time(until, "es")}.`,
  cancel: "Cancelar",
  denied: "Se rechazó el inicio de sesión.",
  expired: "El código ha caducado.",
  askAgain: "Pida uno nuevo.",
  refresh: "Actualizar",
  signOut: "Cerrar sesión",
  offline: "El registro no responde. Se muestra lo último que se sabía.",
  none: "Este puesto aún no tiene dobles. Pida una licencia a su marca y actualice.",
  until: (day, days) => `Hasta el ${date(new Date(day), "es")}, ${days === 1 ? "queda 1 día" : `quedan ${days} días`}`,
  left: (renders, deliveries) => `Quedan ${renders} renders y ${deliveries} entregas`,
  where: (media, territory) => `Para ${listed(media)} en ${listed(territory)}`,
  never: (categories) => `Nunca para ${listed(categories)}`,
}

export function words(locale) {
  const chosen = { fr, es }[String(locale).slice(0, 2).toLowerCase()] ?? {}
  return { ...en, ...chosen }
}
