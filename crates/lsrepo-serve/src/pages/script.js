// What makes the pages quicker to use; all of them work without it.
"use strict";

// Commands get a button that copies them.
function addCopyButtons(root) {
  if (!navigator.clipboard) return;
  for (const box of root.querySelectorAll(".commands")) {
    const pre = box.querySelector("pre");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy: " + (pre.getAttribute("aria-label") || "commands"));
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not copied";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    box.append(button);
  }
}

// A form that says so shows its answer in place: the page that it leads to is fetched, and its part taken over.
function liven(form) {
  const target = document.getElementById(form.dataset.live);
  if (!target) return;
  let latest = 0;
  let waiting;
  const show = async () => {
    const mine = ++latest;
    const fields = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...fields]) if (!value) fields.delete(name);
    const address = form.action + (fields.size ? "?" + fields : "");
    let answer;
    try {
      answer = await fetch(address);
    } catch {
      return;
    }
    if (!answer.ok || mine !== latest) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(form.dataset.live);
    if (!fresh || mine !== latest) return;
    target.replaceChildren(...fresh.childNodes);
    addCopyButtons(target);
    if (new URL(form.action).pathname === location.pathname) history.replaceState(null, "", address);
  };
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (event.target.type === "search" && event.target.value === "" && new URL(form.action).pathname !== location.pathname) {
      latest++;
      target.replaceChildren();
      return;
    }
    waiting = setTimeout(show, event.target.type === "search" ? 180 : 0);
  });
  keep(form, show);
}

// The choice of a system is remembered for the next visit.
function keep(form, show) {
  const name = form.dataset.keep;
  if (!name) return;
  try {
    const known = JSON.parse(localStorage.getItem(name) || "{}");
    if (!location.search) {
      let changed = false;
      for (const select of form.querySelectorAll("select")) {
        const value = known[select.name];
        if (value && select.value !== value && [...select.options].some((option) => option.value === value)) {
          select.value = value;
          changed = true;
        }
      }
      if (changed) show();
    }
    const save = () => localStorage.setItem(name, JSON.stringify(Object.fromEntries(new FormData(form))));
    form.addEventListener("input", save);
    form.addEventListener("submit", save);
  } catch {
    // a browser that keeps nothing
  }
}

addCopyButtons(document);
document.querySelectorAll("form[data-live]").forEach(liven);

// `/` goes to the search, as in many lists.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  const search = document.querySelector("#q, #quick");
  if (event.key === "/" && !typing && search && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
});
