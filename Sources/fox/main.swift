print("fox")
