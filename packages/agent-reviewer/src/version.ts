/** Of this package; part of each artifact's producer. */
export const version = '0.1.0';
