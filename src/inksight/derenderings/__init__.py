"""The data set InkSight-Derenderings: pictures of words with the ink that several models made of them, in three modes.

    FOLDER/IAM/images_sample/ID.png                             the pictures; also IMGUR5K, HierText, your own
    FOLDER/small-p_IAM_inkml/{vanilla,d+t,r+d}/ID.inkml         the inks of the model small-p
    FOLDER/human_tracing_hash_to_ink.npy                        what people traced of HierText

files.py finds and reads all that and writes more of it, human.py reads the last, sheet.py draws it side by side. Inks
lie on a square of 224 x 224, into which `square` fits a picture.
"""
