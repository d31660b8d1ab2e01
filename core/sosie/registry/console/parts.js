// Beside htmx: what it does not do by itself for lists that are exchanged. Without either, links and forms load pages.
"use strict";

// Whatever is not simply the page that was asked for (signed out, refused, no network) is opened as without htmx.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, location.href);
  if (xhr.status === 200 && new URL(xhr.responseURL).pathname === asked.pathname) return;
  event.preventDefault();
  location.assign(asked);
});
document.addEventListener("htmx:sendError", (event) => location.assign(event.detail.pathInfo.finalRequestPath));

// The link that turned a list is gone with it: whoever goes by keyboard or ear goes on at the list's top.
document.addEventListener("htmx:afterOnLoad", (event) => {
  const { requestConfig, target } = event.detail;
  if (!requestConfig.elt.closest(".turn")) return;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
});
