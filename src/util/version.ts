/** Version of this package, as in its manifest (a test holds the two together): a file could not be read from a bundle. */
export const VERSION = '0.1.0';
