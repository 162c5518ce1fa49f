/** True for a whole `http` or `https` URL. */
export function isHttpAddress(text: string): boolean {
  return /^https?:$/u.test(URL.parse(text)?.protocol ?? "");
}
