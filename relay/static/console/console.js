// Keys of the console. Every one presses a link or a button that is on the page without this file.
(() => {
  const OFF = "relay-keys-off";
  const box = document.querySelector("#keys-on");
  if (box) {
    box.checked = localStorage.getItem(OFF) === null;
    box.form.hidden = false;
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
  }

  const items = () => [...document.querySelectorAll("[data-item]")];

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

  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF) !== null) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      if (event.key === "Enter" && wanted && wanted.form === event.target.form) {
        event.preventDefault();
        press(wanted);
      }
      return;
    }
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    const find = (name) => document.querySelector(`[${name}="${CSS.escape(event.key)}"]`);
    const place = Date.now() - going < 1500 && find("data-go");
    going = 0;
    if (place) place.click();
    else if (event.key === "g") { going = Date.now(); return; }
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") search();
    else if (event.key === "?") document.querySelector("a[href='/account']")?.click();
    else if (find("data-key")) press(find("data-key"));
    else return;
    event.preventDefault();
  });
})();
