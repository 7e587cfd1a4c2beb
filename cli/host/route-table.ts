/** Finds the operation for a method and path. HEAD is answered by GET; a path that exists under other methods says which ones. */
import findMyWay from 'find-my-way';
import type { Operation } from '../../functions/middleware/operation.ts';

export type Route =
  | { kind: 'found'; operation: Operation; params: Readonly<Record<string, string | undefined>> }
  | { kind: 'wrong-method'; allow: string }
  | { kind: 'unknown' };

/** The longest parameter of any schema is 160 characters; each may be percent-encoded in three. */
const maxParamLength = 512;

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof methods)[number];

/** `{name}` becomes `:name`, and `{name+}`, the rest of the path, the router's `*`; a literal colon, as in `executions:batch`, is doubled. */
function toPattern(path: string): string {
  return path
    .replaceAll(':', '::')
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .replace(/\{\w+\+\}$/, '*');
}

const none = Object.freeze({});

export class RouteTable {
  readonly #router = findMyWay({ maxParamLength, querystringParser: () => ({}) });
  readonly #operations = new Map<unknown, Operation>();
  /** Routes without parameters by method and path, as nearly all requests spell them; the router knows the other spellings. */
  readonly #fixed = new Map<string, Route>();

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const handler = (): undefined => undefined; // Only its identity is used: find() gives it back.
      this.#operations.set(handler, operation);
      this.#router.on(operation.method, toPattern(operation.path), handler);
      if (!operation.path.includes('{'))
        this.#fixed.set(`${operation.method} ${operation.path}`, { kind: 'found', operation, params: none });
    }
  }

  find(method: string, path: string): Route {
    const fixed = this.#fixed.get(`${method} ${path}`);
    if (fixed) return fixed;
    const wanted = methods.find((known) => known === (method === 'HEAD' ? 'GET' : method));
    const found = wanted && this.#lookUp(wanted, path);
    if (found) return found;
    const allowed = methods.filter((other) => this.#lookUp(other, path) !== undefined);
    if (allowed.length === 0) return { kind: 'unknown' };
    return { kind: 'wrong-method', allow: allowed.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ') };
  }

  #lookUp(method: Method, path: string): Route | undefined {
    const found = this.#router.find(method, path);
    const operation = found === null ? undefined : this.#operations.get(found.handler);
    if (found === null || operation === undefined) return undefined;
    // The router lets an empty part match a parameter; `/api/executions/` names no execution.
    if (Object.values(found.params).includes('')) return undefined;
    return { kind: 'found', operation, params: namedParams(operation, found.params) };
  }
}

/** The rest of a path under the name that its operation gives it. */
function namedParams({ path }: Operation, { '*': rest, ...params }: Readonly<Record<string, string | undefined>>): typeof params {
  const [, name] = /\{(\w+)\+\}$/.exec(path) ?? [];
  return name === undefined ? params : { ...params, [name]: rest };
}
