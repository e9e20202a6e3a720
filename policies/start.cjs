// Plain entry that the pack runner can require: it leaves types to Node instead of a compiler.
module.exports = import("./index.ts");
