# A text file as the body of a C string.
s/[\\"]/\\&/g
s/^.*$/"&\\n"/
