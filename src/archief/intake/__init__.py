"""Reading a file from the desk: text, PDF, DOCX or e-mail in, the fields of a letter out. Nothing is changed.

What is understood follows from the shape of values and the logic of the layout. What is not sure is left out and said.
"""
