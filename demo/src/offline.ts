// Makes the page work offline: once the first results are there, a service worker stores the page's files and the
// flights. Its address carries the version of the files, so a changed build brings a new one.
import { signal } from '@preact/signals';

/** Everything is stored: a reload works without the server. */
export const offlineReady = signal(false);
/** A newer build is stored and takes over with the next load. */
export const newerReady = signal(false);

export async function prepareOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const controlled = navigator.serviceWorker.controller !== null;
    const { version }: { readonly version: string } = await (await fetch('./files.json')).json();
    const registration = await navigator.serviceWorker.register(`./service-worker.js?v=${version}`);
    const installing = registration.installing;
    await navigator.serviceWorker.ready;
    if (installing !== null) await activated(installing);
    offlineReady.value = true;
    newerReady.value = controlled && installing !== null;
  } catch (error) {
    console.warn('the page will not work offline:', error);
  }
}

function activated(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      if (worker.state === 'activated') resolve();
      if (worker.state === 'redundant') reject(new Error('the service worker could not store the files'));
    };
    worker.addEventListener('statechange', check);
    check();
  });
}
