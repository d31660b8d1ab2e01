// The Sosie panel in ComfyUI's side bar: who is signed in, which twins may be used, and why one may not.
//
// It asks the pack's own routes (routes.py) and draws what they say. Nothing it shows is set as HTML, nothing it
// keeps is secret: the one thing remembered here is the registry's address.

import { app } from "../../../scripts/app.js"
import { words } from "./words.js"

const REGISTRY = "Sosie.registry"
const HEADERS = { "X-Sosie": "panel", "Content-Type": "application/json" }

const chosen = () => app.extensionManager?.setting?.get("Comfy.Locale") ?? navigator.language

async function ask(path, method = "GET", body = undefined, language = chosen()) {
  const headers = { ...HEADERS, "Accept-Language": language } // what is refused is said in it
  const answer = await fetch(`/sosie/${path}`, { method, headers, body: body && JSON.stringify(body) })
  const told = await answer.json()
  if (!answer.ok) throw told
  return told
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else if (value !== false) element.setAttribute(name, value === true ? "" : value)
  }
  element.append(...children.filter((child) => child || child === 0))
  return element
}

class Panel {
  constructor(root) {
    this.root = root
    this.words = words(chosen())
    this.timer = 0
    this.load("state")
  }

  close() {
    clearTimeout(this.timer)
  }

  show(...children) {
    this.root.replaceChildren(make("div", { class: "sosie-panel", "aria-live": "polite" }, ...children))
  }

  // Every question goes through here: the panel is busy, then shows the answer or what went wrong.
  async during(work) {
    clearTimeout(this.timer)
    this.root.querySelectorAll("button").forEach((button) => (button.disabled = true))
    try {
      await work()
    } catch (problem) {
      this.showProblem(problem.code ? problem : { message: this.words.unreachable, remedy: "", code: "" })
    }
  }

  load(path) {
    return this.during(async () => {
      if (!this.root.hasChildNodes()) this.show(make("p", { class: "sosie-quiet" }, this.words.reading))
      const state = await ask(path, path === "state" ? "GET" : "POST")
      if (state.signed_in) this.showTwins(state)
      else this.showSignIn(state)
      if (path === "refresh") await app.refreshComboInNodes?.()
      else if (path === "state" && state.signed_in) await this.load("refresh") // what was known, then what is so
    })
  }

  button(text, work, kind = "") {
    return make("button", { type: "button", class: `sosie-button ${kind}`, onclick: work }, text)
  }

  showProblem({ message, remedy, code }) {
    const startable = ["agent_not_running", "agent_failed", "agent_gone", "agent_version"].includes(code)
    this.show(
      make("div", { class: "sosie-problem", role: "alert" }, make("strong", {}, message), make("p", {}, remedy)),
      this.button(startable ? this.words.start : this.words.again, () => this.load("refresh"), "sosie-main"),
      code && make("p", { class: "sosie-quiet" }, code),
    )
  }

  showSignIn(state) {
    const input = make("input", {
      id: "sosie-registry",
      type: "url",
      required: true,
      placeholder: "https://",
      value: localStorage.getItem(REGISTRY) ?? "",
    })
    const form = make(
      "form",
      { class: "sosie-form" },
      make("p", {}, this.words.signedOut),
      make("label", { for: "sosie-registry" }, this.words.registry),
      input,
      make("button", { type: "submit", class: "sosie-button sosie-main" }, this.words.signIn),
    )
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      localStorage.setItem(REGISTRY, input.value.trim())
      this.during(async () => this.showCode(await ask("sign-in", "POST", { url: input.value.trim() })))
    })
    this.show(form)
  }

  showCode({ code, link, expires_at, interval }) {
    this.show(
      make("p", {}, this.words.compare),
      make("p", { class: "sosie-code" }, code),
      make("a", { href: link, target: "_blank", rel: "noopener", class: "sosie-button sosie-main" }, this.words.open),
      make("p", { class: "sosie-quiet" }, this.words.waiting(new Date(expires_at * 1000))),
      this.button(this.words.cancel, () => this.load("state")),
    )
    this.wait(interval)
  }

  wait(interval) {
    this.timer = setTimeout(
      () =>
        this.during(async () => {
          const { state } = await ask("sign-in")
          if (state === "waiting") {
            this.root.querySelectorAll("button").forEach((button) => (button.disabled = false))
            this.wait(interval)
          } else if (state === "signed_in") await this.load("refresh")
          else this.showProblem({ message: this.words[state], remedy: this.words.askAgain, code: state })
        }),
      interval * 1000,
    )
  }

  showTwins(state) {
    this.show(
      make(
        "header",
        { class: "sosie-head" },
        make(
          "div",
          {},
          make("strong", {}, this.words.signedIn),
          make("div", { class: "sosie-quiet" }, state.registry),
          make("div", { class: "sosie-quiet" }, state.seat),
        ),
        this.button(this.words.refresh, () => this.load("refresh")),
        this.button(this.words.signOut, () => this.load("sign-out")),
      ),
      !state.reachable && make("p", { class: "sosie-problem", role: "alert" }, this.words.offline),
      ...state.warnings.map((warning) => make("p", { class: "sosie-quiet" }, warning)),
      ...state.twins.map((twin) => this.card(twin)),
      !state.twins.length && make("p", {}, this.words.none),
    )
  }

  card(twin) {
    const picture = twin.thumbnail
      ? make("img", { src: twin.thumbnail, alt: "", width: 72, height: 72 })
      : make("div", { class: "sosie-nobody", "aria-hidden": "true" })
    const terms = twin.refusal
      ? [make("p", { class: "sosie-refusal" }, twin.refusal)]
      : [
          make("p", {}, this.words.until(twin.until, twin.days_left)),
          make("p", {}, this.words.left(twin.renders_left, twin.delivered_left)),
          make("p", { class: "sosie-quiet" }, this.words.where(twin.media, twin.territory)),
          twin.prohibited.length && make("p", { class: "sosie-quiet" }, this.words.never(twin.prohibited)),
        ]
    return make(
      "article",
      { class: twin.refusal ? "sosie-card sosie-off" : "sosie-card" },
      picture,
      make("div", {}, make("h3", {}, twin.name), ...terms),
    )
  }
}

app.registerExtension({
  name: "Sosie.panel",
  setup() {
    const style = new URL("../sosie.css", import.meta.url).href
    document.head.append(make("link", { rel: "stylesheet", href: style }))
    const tell = (language) => ask("language", "POST", undefined, language).catch(() => {}) // English without it
    tell(chosen())
    app.ui?.settings?.addEventListener("Comfy.Locale.change", ({ detail }) => tell(detail.value)) // not yet set there
    let panel
    app.extensionManager.registerSidebarTab({
      id: "sosie",
      icon: "sosie-icon",
      title: "Sosie",
      tooltip: "Sosie",
      type: "custom",
      render: (root) => (panel = new Panel(root)),
      destroy: () => panel?.close(),
    })
  },
})
