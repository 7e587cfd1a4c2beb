/** Arguments for the Node that runs the embedded home. */
export declare const hostFlags: string[];
