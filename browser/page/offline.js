/**
 * Keeps the whole page, model included, in the browser, so that it works without a network and can be installed.
 * The build writes VERSION above this: other files, another version, and the browser takes the new ones.
 */

/* global VERSION */

async function keep() {
  const names = Object.keys(await (await fetch("files.json", { cache: "no-cache" })).json());
  await (await caches.open(VERSION)).addAll(["./", "files.json", ...names]);
  await self.skipWaiting();
}

async function take() {
  const old = (await caches.keys()).filter((name) => name !== VERSION);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  return (await (await caches.open(VERSION)).match(request, { ignoreSearch: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(take()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});
