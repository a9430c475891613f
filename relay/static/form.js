// Nicer, never needed: a counter, one sending at a time, and the proof of work.
(() => {
  const form = document.querySelector(".relay-form");
  document.querySelector(".relay-summary")?.focus();
  if (!form) return;
  const button = form.querySelector("button");
  const label = button.textContent;

  const box = form.querySelector("[data-limit]");
  if (box) {
    const count = box.parentNode.appendChild(document.createElement("p"));
    count.className = "relay-hint relay-count";
    count.setAttribute("role", "status");
    const show = () => {
      const left = box.dataset.limit - [...box.value.normalize().trim()].length;
      const text = left < 0 ? box.dataset.over : box.dataset.left;
      count.textContent = text.replace("{n}", Math.abs(left).toLocaleString(document.documentElement.lang));
      count.classList.toggle("relay-over", left < 0);
    };
    let timer; // a screen reader is told after a pause, not at every key
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 400); });
    show();
  }

  const busy = (is) => {
    button.setAttribute("aria-disabled", is);
    button.textContent = is && form.dataset.sending || label;
  };
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    else busy(true);
  });
  addEventListener("pageshow", () => busy(false)); // back from the next page

  if (form.dataset.challenge) prove(JSON.parse(form.dataset.challenge));

  async function prove({ maxnumber, ...task }) {
    const told = form.querySelector("[data-working]");
    told.textContent = told.dataset.working;
    const number = await find(task, maxnumber).catch(() => -1);
    if (button.getAttribute("aria-disabled") === "true") return; // sent without it
    if (number < 0) { told.textContent = told.dataset.failed; return; }
    form.elements.altcha.value = btoa(JSON.stringify({ ...task, number }));
    form.submit();
  }

  async function find({ algorithm, challenge, salt }, most) {
    const bytes = new TextEncoder();
    const hash = async (n) => {
      const sum = new Uint8Array(await crypto.subtle.digest(algorithm, bytes.encode(salt + n)));
      return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    for (let from = 0; from <= most; from += 500) {
      const sums = await Promise.all(Array.from({ length: 500 }, (_, i) => hash(from + i)));
      const at = sums.indexOf(challenge);
      if (at >= 0) return from + at;
    }
    return -1;
  }
})();
