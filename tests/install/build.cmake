# Installs into a scratch folder and builds a program against it, shared and static.
if(WITHY_TESTS AND TARGET withy_shared AND TARGET withy)
  add_test(NAME install
           COMMAND ${CMAKE_SOURCE_DIR}/tests/install/run ${CMAKE_BINARY_DIR} ${CMAKE_C_COMPILER})
  set_tests_properties(install PROPERTIES TIMEOUT 600)
endif()
