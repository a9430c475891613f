// Keeps what is on the page up to date: counts beside the menu, and the regions marked data-live.
(() => {
  const from = document.body.dataset.liveFrom;
  let source = null;
  let mark = null;

  function count(known) {
    for (const badge of document.querySelectorAll("[data-count]")) {
      const n = known[badge.dataset.count];
      if (n !== undefined) badge.textContent = n > 0 ? n : "";
    }
  }

  const hrefs = (region) => [...region.querySelectorAll("[data-item]")].map((one) => one.getAttribute("href"));

  // A line that somebody works on stays where it is: focus and choices are kept.
  function swap(region, fresh) {
    const at = document.activeElement;
    const focused = region.contains(at) ? at.getAttribute("href") : null;
    if (region.contains(at) && !focused) return;
    const chosen = [...region.querySelectorAll("input:checked")].map((one) => one.name);
    const known = new Set(hrefs(region));
    region.replaceChildren(...fresh.childNodes);
    for (const item of region.querySelectorAll("[data-item]")) {
      if (!known.has(item.getAttribute("href"))) item.closest("tr")?.classList.add("fresh");
      if (item.getAttribute("href") === focused) item.focus();
    }
    for (const box of region.querySelectorAll("input[type=checkbox]")) box.checked = chosen.includes(box.name);
  }

  async function renew(known) {
    const regions = [...document.querySelectorAll("[data-live]")];
    if (!regions.length) return;
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of regions) {
      const fresh = page.getElementById(region.id);
      if (fresh) swap(region, document.adoptNode(fresh));
    }
    const said = document.querySelector("[data-said]");
    if (said) said.textContent = said.dataset.said.replace("{n}", known.queue);
  }

  function hear(event) {
    const known = JSON.parse(event.data);
    count(known);
    const changed = `${known.mark} ${known.queue} ${known.confirmations}`;
    if (mark !== null && mark !== changed) renew(known).catch(() => {});
    mark = changed;
  }

  // A hidden page listens to nothing: browsers allow six connections to a server.
  function attend() {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource(from);
      source.onmessage = hear;
    }
  }
  document.addEventListener("visibilitychange", attend);
  window.addEventListener("pagehide", () => source?.close());
  attend();
})();
