// The live board: hears that something has changed, and asks for what can change. Nothing here decides anything.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const live = byId("live");
  const look = () => htmx.trigger(live, "look");
  let stream = null;

  function listen() {
    if (stream || document.hidden) return;
    stream = new EventSource(live.dataset.stream);
    stream.addEventListener("open", () => live.classList.add("listens"));
    stream.addEventListener("changed", ({ data }) => data !== byId("version").value && look());
    stream.addEventListener("over", () => location.reload());
    stream.addEventListener("elsewhere", hush);
    stream.addEventListener("error", () => {
      live.classList.remove("listens");
      if (stream?.readyState !== EventSource.CLOSED) return; // else the browser tries again by itself
      hush();
      look();
    });
  }

  function hush() {
    stream?.close();
    stream = null;
    live.classList.remove("listens");
  }

  // A page that nobody sees needs no connection: browsers have few.
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
  addEventListener("pagehide", hush);
  addEventListener("pageshow", listen);

  document.addEventListener("htmx:responseError", ({ detail }) => detail.xhr.status === 401 && location.reload());
  document.addEventListener("htmx:sendError", () => (byId("lost").hidden = false));
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful) return;
    byId("lost").hidden = true;
    if (!stream) listen();
  });

  // Whoever pressed a button reads the answer first: the card may be somewhere else by now.
  document.addEventListener("merged", ({ detail }) => detail.added.find((element) => element.id === "notice")?.focus());

  listen();
})();
