// What the page needs beyond htmx and merging: keep the newest text in view, and show on the tabs where something
// happened. Nothing here decides anything.
"use strict";

(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const byId = (id) => document.getElementById(id);
  const move = () => (calm.matches ? "auto" : "smooth");

  // --- what arrived ------------------------------------------------------------------------------------

  document.addEventListener("merged", ({ detail }) => arrived(detail.added));

  function arrived(added) {
    for (const element of added) {
      if (element.matches(".text")) {
        const thread = element.closest(".thread");
        toEnd(thread);
        if (element.matches(".theirs")) buzz(thread.closest(".phone"));
      }
      if (element.matches(".note")) toEnd(element.closest(".thread"));
      if (element.matches(".phone")) {
        watch(element);
        toEnd(element.querySelector(".thread"));
      }
      if (element.dataset.stage) show(byId(element.dataset.stage), byId("story"));
      if (element.dataset.go) byId(element.dataset.go)?.focus();
    }
  }

  function toEnd(thread) {
    thread.scrollTop = thread.scrollHeight;
  }

  function buzz(phone) {
    phone.classList.remove("buzz");
    requestAnimationFrame(() => phone.classList.add("buzz"));
    const tab = document.querySelector(`[data-tab="${phone.id.slice("phone-".length)}"]`);
    if (tab && !onScreen.has(phone)) tab.classList.add("unread");
  }

  // --- which phone is in front -------------------------------------------------------------------------

  const onScreen = new Set();
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        onScreen[isIntersecting ? "add" : "delete"](target);
        const tab = document.querySelector(`.tabs [href="#${target.id}"]`);
        if (!tab) continue;
        if (isIntersecting) tab.classList.remove("unread");
        if (isIntersecting) {
          tab.setAttribute("aria-current", "true");
          tab.closest("ul").scrollTo({ left: tab.parentElement.offsetLeft - 40, behavior: move() });
        } else tab.removeAttribute("aria-current");
      }
    },
    { threshold: 0.6 },
  );
  const watch = (element) => watcher.observe(element);

  function show(element, top = element) {
    if (!element) return;
    const row = byId("phones");
    if (row.scrollWidth > row.clientWidth) {
      row.scrollTo({ left: element.offsetLeft - row.firstElementChild.offsetLeft, behavior: move() });
      top.scrollIntoView({ block: top === element ? "nearest" : "start", behavior: move() });
    } else element.scrollIntoView({ block: "nearest", behavior: move() });
  }

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab]");
    const shown = tab && byId(tab.getAttribute("href").slice(1));
    if (!shown) return;
    event.preventDefault();
    show(shown);
    shown.querySelector("textarea, input:not([type=hidden])")?.focus({ preventScroll: true });
  });

  // --- typing ------------------------------------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches(".write textarea")) return;
    event.preventDefault();
    if (event.target.value.trim()) event.target.form.requestSubmit();
  });

  // The box is emptied when the text leaves it, not when the answer comes: by then the next text is half typed.
  const leaving = new WeakMap();
  document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => {
    if (!elt.matches(".write")) return;
    leaving.set(elt, elt.elements.words.value);
    elt.elements.words.value = "";
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
    if (elt.matches(".write") && !successful) elt.elements.words.value ||= leaving.get(elt);
    if (elt.matches("[data-clear]") && successful) elt.reset();
    if (successful) byId("lost").hidden = true;
  });
  document.addEventListener("htmx:sendError", () => {
    byId("lost").hidden = false;
  });

  document.querySelectorAll(".thread").forEach(toEnd);
  document.querySelectorAll(".phone, .add").forEach(watch);
})();
