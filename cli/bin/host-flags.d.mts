/** Arguments for the Node that runs the embedded home. */
export declare const hostFlags: string[];
/** Variables for it; those of the caller win. */
export declare const hostEnvironment: Record<string, string>;
