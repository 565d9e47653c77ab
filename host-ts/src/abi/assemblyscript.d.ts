// The names of AssemblyScript's number types, so that tsc can read engine-as/abi.ts, which asc compiles too.
// 64-bit integers cross the boundary between host and engine as bigint.
declare type i8 = number;
declare type u8 = number;
declare type i16 = number;
declare type u16 = number;
declare type i32 = number;
declare type u32 = number;
declare type i64 = bigint;
declare type u64 = bigint;
declare type f32 = number;
declare type f64 = number;
declare type usize = number;
declare type isize = number;
declare type bool = boolean;
