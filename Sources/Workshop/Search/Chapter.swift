// What a decoder is, the homework's search and its processors are chapter 1 of the Book. Rooms that
// import this one need it too.
@_exported public import FoxDecoding
