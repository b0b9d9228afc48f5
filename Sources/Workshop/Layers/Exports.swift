// Arenas and parameters are the chapter's.
@_exported public import FoxNumbers
