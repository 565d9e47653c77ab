// What the browser tests use from the runner: mocha's interface as globals, and chai's assert.
declare function describe(title: string, body: () => void): void;
declare function it(
  title: string,
  body: (this: { timeout(ms: number): void; skip(): void }) => void | Promise<void>,
): void;
declare function before(body: () => void | Promise<void>): void;
declare function after(body: () => void | Promise<void>): void;
declare function beforeEach(body: () => void | Promise<void>): void;
declare function afterEach(body: () => void | Promise<void>): void;
