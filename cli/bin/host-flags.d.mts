/** Bytes that there are for programs on this machine, or in this container. */
export declare function memoryFor(limits: { total: number; constrained: number }): number;
/** Percent by which the old generation grows, at rest and while several callers ask at once. */
export declare const heapGrowing: { still: number; roomy: number };
/** The flags of V8 for a home that may take so many bytes, on so many cores. */
export declare function flagsFor(machine: { memory: number; cores: number }): string[];
/** Arguments for the Node that runs the embedded home. */
export declare const hostFlags: string[];
/** Variables for it; those of the caller win. */
export declare const hostEnvironment: Record<string, string>;
