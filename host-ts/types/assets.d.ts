// What bundlers make of imports that are not code.
declare module '*.css';
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
