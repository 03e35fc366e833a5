const secrets: readonly RegExp[] = [
  /^\.env(?!\.(example|sample|template)$)/,
  /\.(pem|key|p12|pfx|jks|keystore|ppk)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)/,
  /^\.(netrc|pgpass|git-credentials)$/,
];

/** Files that hold keys or passwords by their name. They are not copied unless `include` lists them. */
export function isSecretFile(file: string): boolean {
  const name = file.slice(file.lastIndexOf('/') + 1).toLowerCase();
  return secrets.some((pattern) => pattern.test(name));
}
