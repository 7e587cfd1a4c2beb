/**
 * Every error code of the product, once: its HTTP status, its exit code, whether trying again can help, what it is called and how to mend it.
 * `docs/errors/<area>-<reason>.md` is generated from this table.
 */

interface ErrorRow {
  status: number;
  /** 0 done, 1 failed, 2 usage, 3 denied, 4 does not verify, 5 not found, 6 conflict. */
  exit: 1 | 2 | 3 | 4 | 5 | 6;
  retry: 'never' | 'backoff';
  title: string;
  fix: string;
}

// eslint-disable-next-line max-params -- one row of a table, in the order of its columns
const row = (status: number, exit: ErrorRow['exit'], retry: ErrorRow['retry'], title: string, fix: string): ErrorRow => ({
  status,
  exit,
  retry,
  title,
  fix,
});

export const errorCatalog = {
  'mc:request:invalid': row(
    400,
    2,
    'never',
    'The request is not valid',
    'Correct every entry of `issues`; each names the place and what is allowed.',
  ),
  'mc:request:too-large': row(
    413,
    2,
    'never',
    'The request is too large',
    'Send less, or upload large inputs as files with POST /api/files.',
  ),
  'mc:request:media-type': row(
    415,
    2,
    'never',
    'The media type is not supported',
    'Send one of the media types that the operation lists in /openapi.json.',
  ),
  'mc:request:not-found': row(404, 5, 'never', 'There is no such path', 'See /docs for the operations and their paths.'),
  'mc:request:headers-too-large': row(
    431,
    2,
    'never',
    'The request headers are too large',
    'Send fewer or shorter headers; 32 KB are allowed in total.',
  ),
  'mc:request:timeout': row(
    408,
    1,
    'backoff',
    'The request did not arrive in time',
    'Send the request again over a faster connection, or send less.',
  ),
  'mc:request:method': row(405, 2, 'never', 'The method is not allowed on this path', 'Use a method named in the `allow` header.'),
  'mc:auth:unauthenticated': row(
    401,
    3,
    'never',
    'The caller is not known',
    'Send a valid bearer token: `maestro tenants token` makes one for a home on one machine, your identity provider for others.',
  ),
  'mc:auth:forbidden': row(
    403,
    3,
    'never',
    'The caller may not do this',
    'The message says who may. Ask them to do it, or ask an admin of your tenant; `maestro whoami` shows your roles.',
  ),
  'mc:auth:issuer-unavailable': row(
    503,
    1,
    'backoff',
    'The OpenID Connect issuer cannot be used',
    'Check that the URL of `maestro up --issuer` is the issuer of the tokens and that this machine reaches it, then try again.',
  ),
  'mc:tenant:not-found': row(404, 5, 'never', 'There is no such tenant', 'See the tenants you may see with `maestro tenants ls`.'),
  'mc:tenant:conflict': row(
    409,
    6,
    'never',
    'The tenant exists, or was changed by somebody else',
    'Read the tenant again with `maestro tenants show` and repeat the change if it is still wanted.',
  ),
  'mc:manifest:invalid': row(
    422,
    2,
    'never',
    'The manifest is not valid',
    'Correct every entry of `issues`; `maestro validate FILE` shows them with line and column.',
  ),
  'mc:manifest:too-large': row(
    413,
    2,
    'never',
    'The manifest is too large',
    'Keep the manifest under the limit; put data into input files.',
  ),
  'mc:workflow:not-found': row(
    404,
    5,
    'never',
    'There is no such workflow',
    'List workflows with GET /api/workflows; publish the version before you run it.',
  ),
  'mc:workflow:version-conflict': row(
    409,
    6,
    'never',
    'This version is published with other content',
    'Published versions never change: raise `version` and publish again.',
  ),
  'mc:workflow:version-not-greater': row(
    409,
    6,
    'never',
    'The version does not grow',
    'Use a version that is higher than the newest published one (Semantic Versioning 2.0.0).',
  ),
  'mc:package:not-found': row(
    422,
    5,
    'never',
    'There is no such package',
    'Use a package of the catalog, or push yours with `maestro package push`.',
  ),
  'mc:package:conflict': row(
    409,
    6,
    'never',
    'This package version exists with other content',
    'Package versions never change: raise the version and push again.',
  ),
  'mc:package:untrusted': row(
    422,
    4,
    'never',
    'The package does not verify',
    'The bundle and its signature disagree: get it again from its source, or push it signed by a trusted key.',
  ),
  'mc:package:invalid': row(422, 2, 'never', 'The package is not well formed', 'See docs/guides/packages.md for the layout of a package.'),
  'mc:execution:not-found': row(404, 5, 'never', 'There is no such execution', 'List executions with GET /api/executions.'),
  'mc:execution:not-sealed': row(
    409,
    6,
    'backoff',
    'The execution has no receipt yet',
    'Wait for a terminal state: `maestro status ID --watch`.',
  ),
  'mc:execution:inputs-invalid': row(
    422,
    2,
    'never',
    'The inputs do not fit the workflow',
    'Correct every entry of `issues`; the manifest declares the inputs.',
  ),
  'mc:execution:output-missing': row(
    422,
    1,
    'never',
    'A task did not give an output that another one uses',
    'Correct the reference, or the package whose outputs lack the field.',
  ),
  'mc:idempotency:conflict': row(
    409,
    6,
    'never',
    'The idempotency key was used for another request',
    'Use a new Idempotency-Key for a different request.',
  ),
  'mc:policy:denied': row(
    403,
    3,
    'never',
    'Denied by policy',
    'See `deny[]`: each entry names the pack, the rule and what would make it pass.',
  ),
  'mc:policy:pack-not-found': row(404, 5, 'never', 'There is no such policy pack', 'See the packs with `maestro policy ls`.'),
  'mc:policy:pack-conflict': row(
    409,
    6,
    'never',
    'This version of the policy pack is taken',
    'Raise `version` in the metadata of the bundle and push again.',
  ),
  'mc:policy:bundle-refused': row(
    422,
    4,
    'never',
    'The policy bundle is refused',
    'Correct every entry of `issues`; `maestro policy test` finds most of them before a push.',
  ),
  'mc:decision:not-found': row(
    404,
    5,
    'never',
    'There is no such decision',
    'Use the `dec_…` id that a run or a denial named; decisions of plans are not recorded.',
  ),
  'mc:policy:unavailable': row(
    503,
    1,
    'backoff',
    'The policy decision could not be made',
    'Nothing was admitted. Try again; if it stays, see docs/runbooks/policy-unavailable.md.',
  ),
  'mc:file:not-found': row(404, 5, 'never', 'There is no such file', 'Upload it first with POST /api/files.'),
  'mc:receipt:invalid': row(
    422,
    4,
    'never',
    'The receipt does not verify',
    'Do not trust it. Get the receipt again from its source and compare the digests.',
  ),
  'mc:key:unreadable': row(
    500,
    1,
    'never',
    'A signing key cannot be read',
    'Restore the key file from a backup, with mode 0600, see docs/runbooks/keys.md.',
  ),
  'mc:store:conflict': row(409, 6, 'backoff', 'Another writer was faster', 'Read the current state and try again.'),
  'mc:store:full': row(507, 1, 'backoff', 'The disk is full', 'Free space on the disk of the data folder; nothing was half-written.'),
  'mc:store:unavailable': row(503, 1, 'backoff', 'The store does not answer', 'Try again; see docs/runbooks/store-unavailable.md.'),
  'mc:store:damaged': row(
    500,
    1,
    'never',
    'The table of the home is damaged',
    'Keep a copy of the data folder, then restore a backup, see docs/runbooks/host-does-not-start.md.',
  ),
  'mc:store:refused': row(422, 2, 'never', 'The store refuses the item', 'Keep items under 400 KB and transactions under 100 writes.'),
  'mc:runner:refused': row(
    422,
    3,
    'never',
    'No sandbox of the wanted level can be had',
    'Install bubblewrap, or allow the lower level: `maestro up --sandbox node-permission`.',
  ),
  'mc:host:port-in-use': row(500, 2, 'never', 'The port is in use', 'Choose another with --port, or 0 for a free one.'),
  'mc:host:port-refused': row(
    500,
    2,
    'never',
    'The port cannot be opened',
    'Choose an address of this machine with --host and a port from 1024 on with --port.',
  ),
  'mc:host:data-dir-in-use': row(
    500,
    6,
    'never',
    'Another host uses this data folder',
    'Stop that host or choose another folder with --data-dir.',
  ),
  'mc:host:data-dir-open': row(
    500,
    2,
    'never',
    'Others may enter the data folder',
    'Make the folder private with the command in the message, or choose another with --data-dir.',
  ),
  'mc:host:data-dir-unusable': row(
    500,
    2,
    'never',
    'The data folder cannot be used',
    'Choose a folder that this user may write to with --data-dir, or give this one to the user.',
  ),
  'mc:host:unreachable': row(
    503,
    1,
    'backoff',
    'The host does not answer',
    'Start it with `maestro up`, or point MC_URL at a running one.',
  ),
  'mc:host:overloaded': row(429, 1, 'backoff', 'Too much work is waiting', 'Wait for the seconds in `Retry-After` and try again.'),
  'mc:cli:usage': row(400, 2, 'never', 'The command line is not valid', 'See `maestro help COMMAND` for arguments, options and examples.'),
  'mc:cli:file-unreadable': row(400, 2, 'never', 'A file cannot be read or written', 'Check the path and the permissions of the file.'),
  'mc:cli:file-exists': row(409, 6, 'never', 'A file would be overwritten', 'Move the existing file away, or work in another folder.'),
  'mc:cli:timeout': row(
    504,
    1,
    'backoff',
    'The wait ended before the run did',
    'The run goes on: `maestro status ID --watch`, or wait longer with --timeout.',
  ),
  'mc:internal:unexpected': row(
    500,
    1,
    'never',
    'Something went wrong on our side',
    'Report the `instance` of this answer; the log of the host holds the cause.',
  ),
} as const satisfies Record<`mc:${string}:${string}`, ErrorRow>;

/** A code of the catalog. */
export type ErrorCode = keyof typeof errorCatalog;
