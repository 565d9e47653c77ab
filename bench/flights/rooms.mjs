// The inner rooms that the benchmarks measure: they have no public names, and so are taken from their source.
const room = (name) => import(new URL(`../../host-ts/src/${name}/index.ts`, import.meta.url).href);

export const abi = await room('abi');
export const adapterNode = await room('adapter-node');
export const api = await room('api');
export const checkpoint = await room('checkpoint');
export const connectors = await room('connectors');
export const coordinator = await room('coordinator');
export const engine = await room('engine');
export const exchange = await room('exchange');
export const expr = await room('expr');
export const plan = await room('plan');
export const schema = await room('schema');
export const slot = await room('slot');
export const table = await room('table');
