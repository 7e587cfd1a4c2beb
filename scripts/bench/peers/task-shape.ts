/**
 * What a task of the workflow is on a peer. `steps`: a durable step inside one running function, the fastest way and the one its manual shows first.
 * `calls`: a durable call of its own that anybody may take up, which is nearer to what a task is here.
 */
export type TaskShape = 'steps' | 'calls';
