// What the page needs beyond htmx: merge what is new into the page by id, keep the newest text in view,
// and show on the tabs where something happened. Nothing here decides anything.
"use strict";

(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const byId = (id) => document.getElementById(id);
  const move = () => (calm.matches ? "auto" : "smooth");

  // --- merging -----------------------------------------------------------------------------------------
  // [data-merge]: its children are merged one by one. [data-keep]: never touched, for somebody may be typing
  // in it. Anything else is replaced when the server wrote it differently from last time.

  const written = new WeakMap();

  function remember(element) {
    if (element.hasAttribute("data-merge")) [...element.children].forEach(remember);
    else if (!element.hasAttribute("data-keep")) written.set(element, element.outerHTML);
  }

  function merge(old, fresh, added) {
    if (fresh.hasAttribute("data-keep")) return;
    if (fresh.hasAttribute("data-merge")) return mergeChildren(old, fresh, added);
    if (written.get(old) === fresh.outerHTML) return;
    const focused = old.contains(document.activeElement);
    remember(fresh);
    old.replaceWith(fresh);
    added.push(fresh);
    // htmx gives focus back to the same button; where that is gone, the next best one gets it.
    if (focused && !fresh.contains(document.activeElement)) fresh.querySelector("button, a")?.focus();
  }

  function mergeChildren(old, fresh, added) {
    const wanted = [...fresh.children];
    const ids = new Set(wanted.map((child) => child.id));
    [...old.children].filter((child) => !ids.has(child.id)).forEach((child) => child.remove());
    let place = old.firstElementChild;
    for (const child of wanted) {
      const known = byId(child.id);
      if (known?.parentElement === old) {
        if (known === place) place = place.nextElementSibling;
        else old.insertBefore(known, place);
        merge(known, child, added);
      } else {
        remember(child);
        old.insertBefore(child, place);
        added.push(child);
      }
    }
  }

  htmx.defineExtension("merge", {
    isInlineSwap: (style) => style === "merge",
    handleSwap: (style, _target, fragment) => {
      if (style !== "merge") return false;
      const added = [];
      for (const fresh of [...fragment.children]) {
        const old = fresh.id && byId(fresh.id);
        if (old) merge(old, fresh, added);
      }
      arrived(added);
      return added;
    },
  });

  // An answer that was asked for earlier than the last one we merged would take the page back in time.
  const asked = new WeakMap();
  let asking = 0;
  let merged = 0;
  document.addEventListener("htmx:beforeSend", ({ detail }) => asked.set(detail.xhr, ++asking));
  // Nor may a look around overtake what somebody just did: its answer says where to go next, and must be merged.
  let doing = 0;
  const isDeed = (detail) => detail.requestConfig.verb !== "get";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isDeed(event.detail)) doing++;
    else if (doing) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isDeed(detail)) doing--;
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const order = asked.get(detail.xhr) ?? 0;
    if (order < merged) detail.shouldSwap = false;
    else merged = order;
  });

  // --- what arrived ------------------------------------------------------------------------------------

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

  [...document.body.children].forEach((element) => element.matches("[data-merge]") && remember(element));
  remember(byId("tab-list"));
  document.querySelectorAll(".thread").forEach(toEnd);
  document.querySelectorAll(".phone, .add").forEach(watch);
})();
