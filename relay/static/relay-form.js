// <relay-form src="https://relais.example/f/pk_live_…" listing="48213"></relay-form>
// Shows the hosted form inside a page of the site, in its light DOM: labels, autofill and the
// site's own style work as in any form. What stands between the tags is shown until then.
(() => {
  const sheet = new CSSStyleSheet(); // :where() weighs nothing: every rule of the site wins
  sheet.replaceSync(`
:where(relay-form) { display: block; max-width: 40rem; }
:where(relay-form label) { display: block; font-weight: 600; }
:where(relay-form .relay-field, relay-form .relay-notice) { margin: 1.25em 0; }
:where(relay-form p) { margin: .25em 0; }
:where(relay-form input, relay-form textarea, relay-form button) { font: inherit; min-height: 2.75rem; padding: .5em .75em; box-sizing: border-box; max-width: 100%; }
:where(relay-form input, relay-form textarea) { display: block; width: 100%; }
:where(relay-form .relay-summary) { border: 2px solid; padding: .75em 1em; margin: 1em 0; }
:where(relay-form .relay-fault) { font-weight: 600; }
relay-form .relay-trap { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  const make = (tag, text = "", values = {}) => Object.assign(document.createElement(tag), { textContent: text, ...values });
  const alive = (element, role) => {
    element.setAttribute("role", role);
    element.tabIndex = -1;
    return element;
  };

  class RelayForm extends HTMLElement {
    async connectedCallback() {
      if (this.form) return;
      const url = new URL(this.getAttribute("src"), document.baseURI);
      url.searchParams.set("lang", (this.closest("[lang]")?.lang || "fr").slice(0, 2));
      for (const name of ["listing", "listing-token"])
        if (this.hasAttribute(name)) url.searchParams.set(name.replace("-", "_"), this.getAttribute(name));
      try {
        const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "omit" });
        this.show(new DOMParser().parseFromString(await answer.text(), "text/html"), url);
      } catch {
        if (!this.childElementCount) this.append(make("a", url.hostname, { href: url }));
      }
    }

    show(page, url) {
      const form = page.querySelector("form[data-relay]");
      if (!form) return this.replaceChildren(make("p", page.querySelector("h1").textContent));
      this.challenge = url.origin + url.pathname + "/challenge";
      form.action = new URL(form.getAttribute("action"), url);
      for (const link of form.querySelectorAll("a")) link.href = new URL(link.getAttribute("href"), url);
      form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
      this.replaceChildren(this.form = document.adoptNode(form));
      this.button = form.querySelector("button");
    }

    async send() {
      const { form, button } = this;
      if (button.ariaDisabled === "true") return;
      const label = button.textContent;
      button.ariaDisabled = "true";
      button.textContent = form.dataset.sending;
      try {
        let answer = await this.post({});
        if (/^proof_/.test(answer.code)) answer = await this.post(await this.proof());
        answer.id ? this.thank(answer) : this.correct(answer);
      } catch {
        this.correct({ title: form.dataset.failed });
      }
      button.ariaDisabled = "false";
      button.textContent = label;
    }

    async post(more) {
      const body = new URLSearchParams(new FormData(this.form));
      for (const name in more) body.set(name, more[name]);
      const options = { method: "POST", body, headers: { Accept: "application/json" }, credentials: "omit" };
      return (await fetch(this.form.action, options)).json();
    }

    async proof() {
      const { challenge: { maxnumber, ...task }, sig } = await (await fetch(this.challenge, { credentials: "omit" })).json();
      const bytes = new TextEncoder();
      const hash = async (n) => Array.from(
        new Uint8Array(await crypto.subtle.digest(task.algorithm, bytes.encode(task.salt + n))),
        (byte) => byte.toString(16).padStart(2, "0"),
      ).join("");
      for (let from = 0; isSecureContext && from <= maxnumber; from += 500) {
        const sums = await Promise.all(Array.from({ length: 500 }, (_, i) => hash(from + i)));
        const at = sums.indexOf(task.challenge);
        if (at >= 0) return { sig, altcha: btoa(JSON.stringify({ ...task, number: from + at })) };
      }
      return { hold: "1" }; // a person will read it first
    }

    thank({ status_url }) {
      const said = alive(make("div"), "status");
      said.append(make("p", this.form.dataset.sent));
      if (status_url) said.append(make("a", this.form.dataset.follow, { href: status_url }));
      this.replaceChildren(said);
      said.focus();
    }

    correct({ title, errors = [] }) {
      const { form } = this;
      form.querySelectorAll(".relay-summary, .relay-fault").forEach((old) => old.remove());
      form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
      const summary = alive(make("div", "", { className: "relay-summary" }), "alert");
      const list = make("ul");
      summary.append(make("strong", title), list);
      for (const { field: name, message, hint } of errors) {
        const field = form.elements[name];
        const item = list.appendChild(make("li"));
        if (!field?.labels?.length) { item.append(message); continue; }
        const link = item.appendChild(make("a", message, { href: "#" + field.id }));
        link.addEventListener("click", (event) => { event.preventDefault(); field.focus(); });
        const id = field.id + "-fault";
        field.before(make("p", message + (hint ? " – " + hint : ""), { className: "relay-fault", id }));
        field.ariaInvalid = "true";
        field.setAttribute("aria-describedby", `${id} ${field.id}-hint`);
      }
      form.prepend(summary);
      summary.focus();
    }
  }
  customElements.define("relay-form", RelayForm);
})();
