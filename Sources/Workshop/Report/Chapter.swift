// Markup and marked code are those of the book's pages; every file here writes some.
@_exported public import FoxPages
