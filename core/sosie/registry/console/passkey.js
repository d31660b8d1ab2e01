// Passkeys: the console's only script. A form marked `data-ask` is filled with the authenticator's answer, then sent
// like any other. Without this script, or in a browser without passkeys, the form stays hidden and the password serves.
"use strict";

const able = window.PublicKeyCredential && "parseRequestOptionsFromJSON" in PublicKeyCredential;
for (const form of able ? document.querySelectorAll("form[data-ask]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fill(form).then(() => form.submit(), (error) => say(form, error));
  });
}

async function fill(form) {
  const asked = await fetch(form.dataset.ask, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const options = await asked.json();
  if (!asked.ok) throw new Error(options.said);
  const made = "user" in options
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.answer.value = JSON.stringify(made.toJSON());
}

function say(form, error) {
  const place = form.querySelector("[role=alert]");
  place.textContent = error instanceof DOMException ? form.dataset.failed : error.message;
  place.hidden = false;
}
