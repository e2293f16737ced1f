/** Whether a domain is that of the standard operators, which has two spellings. */
export function isStandardDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}
