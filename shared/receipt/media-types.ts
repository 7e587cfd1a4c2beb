/** What a bundle says that it is, and what it is a signature of; cosign takes these and no others. */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const statementMediaType = 'application/vnd.in-toto+json';
