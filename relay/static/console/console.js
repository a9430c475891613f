// Keys of the console. Every one presses a link or a button that is on the page without this file.
(() => {
  const OFF = "relay-keys-off";
  const OWN = "relay-keys";
  const own = () => JSON.parse(localStorage.getItem(OWN) ?? "{}");
  const items = () => [...document.querySelectorAll("[data-item]")];
  const shown = (element) => element.checkVisibility();

  // The account page: keys off, or others in their place.
  const box = document.querySelector("#keys-on");
  if (box) {
    box.checked = localStorage.getItem(OFF) === null;
    box.form.hidden = false;
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
    for (const field of box.form.querySelectorAll("[data-remap]")) {
      field.value = own()[field.dataset.remap] ?? field.dataset.remap;
      field.addEventListener("change", () => {
        const keys = own();
        if (field.value.length === 1 && field.value !== field.dataset.remap) keys[field.dataset.remap] = field.value;
        else delete keys[field.dataset.remap];
        field.value = keys[field.dataset.remap] ?? field.dataset.remap;
        localStorage.setItem(OWN, JSON.stringify(keys));
      });
    }
  }

  // Which key presses a button stands on it, where keys are in use.
  if (localStorage.getItem(OFF) === null) {
    for (const one of document.querySelectorAll("button[data-key]")) {
      const key = own()[one.dataset.key] ?? one.dataset.key;
      if (key.length > 1) continue;
      const shown = one.appendChild(document.createElement("kbd"));
      shown.textContent = key;
      shown.ariaHidden = "true";
    }
  }

  // What a key that was pressed stands for; nothing where another took its place.
  function meant(key) {
    const keys = own();
    return Object.keys(keys).find((one) => keys[one] === key) ?? (keys[key] ? "" : key);
  }

  function move(by) {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    all[next]?.focus();
  }

  // A button that needs a reason first shows where to write it; Enter there then presses it.
  let wanted = null;
  function press(button) {
    const empty = button.form?.querySelector("input[name=reason]:invalid");
    wanted = empty ? button : null;
    if (empty) empty.focus();
    else button.click();
  }

  function search() {
    const field = document.querySelector("[type=search]");
    if (field) field.focus();
    else document.querySelector("[data-go=r]")?.click();
  }

  function choose() {
    document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  }

  // Everything this page can do, with its keys: to learn, and to find by a few letters.
  function commands() {
    const made = document.querySelector("#commands").content.cloneNode(true).querySelector("dialog");
    const list = made.querySelector("ul");
    const filter = made.querySelector("input");
    const all = [...document.querySelectorAll("[data-go], [data-key]")].filter(shown);
    for (const one of all) {
      const button = list.appendChild(document.createElement("li")).appendChild(document.createElement("button"));
      const key = one.dataset.key ? own()[one.dataset.key] ?? one.dataset.key : `g ${one.dataset.go}`;
      button.className = "plain";
      button.textContent = one.firstChild.textContent.trim();
      button.appendChild(document.createElement("kbd")).textContent = key;
      button.addEventListener("click", () => {
        made.close();
        press(one);
      });
    }
    filter.addEventListener("input", () => {
      for (const line of list.children) line.hidden = !line.textContent.toLowerCase().includes(filter.value.toLowerCase());
    });
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") list.querySelector("li:not([hidden]) button")?.click();
    });
    made.addEventListener("close", () => made.remove());
    document.body.append(made);
    made.showModal();
  }

  const FIXED = {
    j: () => move(1),
    k: () => move(-1),
    x: choose,
    "/": search,
    "?": commands,
  };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (localStorage.getItem(OFF) !== null || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey && event.key === "k" && document.querySelector("#commands")) {
      event.preventDefault();
      commands();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Until the next frame a dialog that was closed keeps the focus; a key means the page already.
    if (event.target.closest("input:not([type=checkbox]), textarea, select") && shown(event.target)) {
      if (event.key === "Escape") event.target.blur();
      if (event.key === "Enter" && wanted && wanted.form === event.target.form) {
        event.preventDefault();
        press(wanted);
      }
      return;
    }
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const key = meant(event.key);
    const find = (name) => document.querySelector(`[${name}="${CSS.escape(key)}"]`);
    const place = Date.now() - going < 1500 && find("data-go");
    going = 0;
    if (place) place.click();
    else if (key === "g") going = Date.now();
    else if (find("data-key")) press(find("data-key"));
    else if (FIXED[key]) FIXED[key]();
    else return;
    event.preventDefault();
  });
})();
