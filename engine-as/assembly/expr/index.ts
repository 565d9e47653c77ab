// Expression programs: their size, their check, and their two ways to run (see program.ts for the format).
export { exprWords } from "./program";
export { exprCheck } from "./check";
export { exprEval, exprSelect } from "./run";
