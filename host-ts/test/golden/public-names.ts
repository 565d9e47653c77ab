// Lets tests import job modules: 'sluice' in them is the library's source, whether or not it has been built.
import { registerHooks } from 'node:module';

const ENTRIES = new URL('../../src/entry/', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const entry = /^sluice(?:\/(\w+))?$/.exec(specifier);
    return next(entry === null ? specifier : new URL(`${entry[1] ?? 'index'}.ts`, ENTRIES).href, context);
  },
});
