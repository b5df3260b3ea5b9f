"""Papers (纸质文书): what is filed, posted and handed out, typeset as documents of A4 (PDF).

What stands in one is asked through the gate by its topic's queries; here it is put into the form of an office's paper.
"""
