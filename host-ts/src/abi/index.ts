/** The engine's constants, as the host sees them (one file, compiled by both compilers). */
export * from '../../../engine-as/abi.ts';
