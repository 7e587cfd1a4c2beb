/** Bytes that there are for programs on this machine, or in this container. */
export declare function memoryFor(limits: { total: number; constrained: number }): number;
/** Flags that let the heap grow little, and much while several callers ask at once. */
export declare const heapGrowth: { still: readonly string[]; roomy: readonly string[] };
/** The flags of V8 for a home that may take so many bytes, on so many cores. */
export declare function flagsFor(machine: { memory: number; cores: number }): string[];
/** Arguments for the Node that runs the embedded home. */
export declare const hostFlags: string[];
/** Variables for it; those of the caller win. */
export declare const hostEnvironment: Record<string, string>;
