// Merges what the server sends into the page by id, as an extension of htmx: hx-ext="merge" hx-swap="merge".
// Says `merged` on the document, with the elements that are new or were replaced.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);

  // [data-merge]: its children are merged one by one. [data-keep]: never touched, for somebody may be typing
  // in it, unless it is a form [data-once] that was sent and taken: its name is used up. Anything else is replaced
  // when the server wrote it differently from last time.

  const written = new WeakMap();
  const spent = new WeakSet();

  function remember(element) {
    if (element.hasAttribute("data-merge")) [...element.children].forEach(remember);
    else if (!element.hasAttribute("data-keep")) written.set(element, element.outerHTML);
  }

  function merge(old, fresh, added) {
    if (fresh.hasAttribute("data-keep") && !spent.has(old)) return;
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
      document.dispatchEvent(new CustomEvent("merged", { detail: { added } }));
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
    const sender = detail.requestConfig.elt;
    if (detail.xhr.status === 200 && sender.matches("[data-once]")) spent.add(sender);
  });

  document.querySelectorAll("[data-merge]").forEach((element) => {
    if (!element.parentElement.closest("[data-merge]")) remember(element);
  });
})();
