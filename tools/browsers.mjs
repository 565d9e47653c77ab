// Finds the browsers that the tests drive: CHROME_PATH and FIREFOX_PATH first, then the usual names on PATH,
// then the usual places. Plain JavaScript without packages: it runs before anything is installed.
import { existsSync } from 'node:fs';
import path from 'node:path';

const BROWSERS = {
  chrome: {
    variable: 'CHROME_PATH',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'chrome.exe'],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    names: ['firefox-esr', 'firefox', 'firefox.exe'],
    places: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  },
};

/** The program file of `chrome` or `firefox`, or undefined. A path given in the environment is never replaced. */
export function findBrowser(kind, { env = process.env, exists = existsSync } = {}) {
  const { variable, names, places } = BROWSERS[kind];
  if (env[variable]) return exists(env[variable]) ? env[variable] : undefined;
  const folders = (env.PATH || '').split(path.delimiter).filter(Boolean);
  const onPath = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...onPath, ...places].find((file) => exists(file));
}

/** The kinds that were not found. */
export function missingBrowsers(options) {
  return Object.keys(BROWSERS).filter((kind) => findBrowser(kind, options) === undefined);
}

/** Arguments for a Chromium that runs a test: quiet, without network of its own, sandboxed unless root forbids it. */
export function chromeArguments() {
  const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const root = typeof process.getuid === 'function' && process.getuid() === 0;
  return [...quiet, '--disable-component-update', '--disable-sync', ...(root ? ['--no-sandbox'] : [])];
}
