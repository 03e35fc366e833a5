/** What was paid and what is given back. */
export function renderReceipt(due, paid, currency) {
  const change = Math.round((paid - due) * 100) / 100;
  const format = (amount) => `${(Math.round(amount * 100) / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')} ${currency}`;
  return `Due ${format(due)}, paid ${format(paid)}, change ${format(change)}`;
}
