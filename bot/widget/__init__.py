"""What people see: the chat element, the pages that work without JavaScript, and the help that
needs neither.
"""
